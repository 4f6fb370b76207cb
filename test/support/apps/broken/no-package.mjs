import left from "left-pad-of-nobody/sub";
export default left;
